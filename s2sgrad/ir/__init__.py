"""The program of primitive operations: data, builder, printer, verifier."""
