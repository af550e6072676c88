(use-modules (ice-9 rdelim))

(let loop ((line (read-line (current-input-port) 'concat)))
  (unless (eof-object? line)
    (display line)
    (loop (read-line (current-input-port) 'concat))))
