"""The matter as pure values: agenda, position, packages, analysis, readers of other formats."""
