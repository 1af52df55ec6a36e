"""How many status reads and submissions the API answers, beside a typical design of the same job."""
