(let loop ((number 0))
  (if (< number 2) (loop (- 1 number))))
