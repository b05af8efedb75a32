queue_matrix() { :; }
