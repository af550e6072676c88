program echo
    implicit none
    character(len=4096) :: line
    integer :: status, length
    do
        read (*, '(a)', iostat=status, advance='no', size=length) line
        if (status == 0) cycle
        if (is_iostat_end(status)) exit
        write (*, '(a)') line(1:length)
    end do
end program
