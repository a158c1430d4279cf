"""What a check-up says, decided on plain values: observations in, a verdict out."""
