"""Trade: sell, take back, drawer, slip, receipt. A command becomes an entry's body, decided here and now."""
