program sum_of_two
    implicit none
    integer(8) :: numbers(2)
    read (*, *) numbers
    write (*, '(i0)') sum(numbers)
end program
