"""The matter itself as pure values: agenda, position, packages, analysis, and readers for other formats."""
