"""What a person sees: sentences, the terminal, the printed page. Computes nothing secret."""
