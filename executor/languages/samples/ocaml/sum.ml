let () =
  match String.split_on_char ' ' (String.trim (read_line ())) with
  | [a; b] -> Printf.printf "%d\n" (int_of_string a + int_of_string b)
  | _ -> failwith "two numbers"
