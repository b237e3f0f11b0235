"""The random program tester: programs written at random, their gradients against numerical derivatives."""
