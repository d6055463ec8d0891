"""The probe: the question, the function that answers it, and one sitting of two sides."""
