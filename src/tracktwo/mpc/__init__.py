"""Secure two-party computation by garbled circuits. Knows nothing of negotiation."""
