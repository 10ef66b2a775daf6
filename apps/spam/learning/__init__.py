"""What is learned from mail people marked: features, two learners, their calibrated fusion, the shipped prior. Pure."""
