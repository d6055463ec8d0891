"""The commands of a node, a file a subject. Each parses, calls one function, and prints."""
