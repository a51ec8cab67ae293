"""What a shop is, as frozen records. No I/O, no clock; integers for money, quantities and rates."""
