"""Which unit of a kernel makes which rows: values between kernels, and the words they move."""
