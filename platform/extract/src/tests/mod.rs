mod hostile;
mod making;
mod reading;
