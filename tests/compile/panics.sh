queue_panics() { :; }
