"""SMS: what a text to a short number means, long messages, receipts."""
