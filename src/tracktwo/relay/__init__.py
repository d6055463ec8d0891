"""The untrusted store-and-forward server: opaque bytes, capabilities, and nothing of who or what.

`docs/spec/relay.md` is normative. This package knows no client code.
"""
