"""What may ship: the rules, pure. No clock, randomness, float, logging or framework in here."""
