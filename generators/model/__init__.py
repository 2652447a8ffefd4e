"""The roofline model: plain arithmetic, one text read as floats, as quantities with units, as symbols, and as JavaScript.

Every module here keeps to the portable subset, which `generators/browser/translate.py` checks.
"""
