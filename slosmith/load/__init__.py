"""What a load test has to show: limits from SLOs, and how many requests it takes to judge them."""
