"""The confidential line: who is in it, what was said, how it travels."""
