"""placeholder"""

DOCUMENT: dict[str, object] = {}
