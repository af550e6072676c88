program spin
    implicit none
    integer, volatile :: number = 0
    do while (number < 2)
        number = ieor(number, 1)
    end do
end program
