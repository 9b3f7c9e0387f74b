"""Commands that are killed: nothing is lost, and the next start leaves nothing behind."""
