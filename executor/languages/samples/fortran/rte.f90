program crash
    implicit none
    error stop 3
end program
