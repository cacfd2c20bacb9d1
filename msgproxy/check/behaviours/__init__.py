"""What the checker can check, behaviour by behaviour."""
