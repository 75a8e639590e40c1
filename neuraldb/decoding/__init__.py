"""From a question to a plan that the knowledge base admits: at every step only what is stored can be said next."""
