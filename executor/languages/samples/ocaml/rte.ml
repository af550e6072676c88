let () = print_int (List.nth [1; 2; 3] 3)
