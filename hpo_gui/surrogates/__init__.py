"""Surrogates: probabilistic models of a loss over the unit cube; arrays in, arrays out."""
