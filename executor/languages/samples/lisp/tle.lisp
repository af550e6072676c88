(let ((number 0))
  (declare (type fixnum number))
  (loop while (< number 2) do (setf number (logxor number 1))))
