"""NeuralDB inside other tools; each module needs the extra it is named after."""
