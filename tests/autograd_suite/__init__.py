"""Autograd's own test suite, run against s2sgrad: `make autograd-suite` downloads it, `shim.py` stands for Autograd."""
