program hog
    implicit none
    integer(1), pointer :: block(:)
    do
        allocate (block(1048576))
        block = 1
    end do
end program
