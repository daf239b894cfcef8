"""How much a candidate may be asked: rates, budgets, retries, breakers. Pure: time and chance are arguments."""
