"""Values, text, errors and configuration: what every other part stands on."""
