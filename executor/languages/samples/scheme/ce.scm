(define (main
