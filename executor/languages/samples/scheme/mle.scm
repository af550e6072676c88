(define kept '())

(let loop ()
  (set! kept (cons (make-vector 131072 1) kept))
  (loop))
