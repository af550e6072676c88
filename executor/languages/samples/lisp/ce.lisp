(defun main (
