let () =
  let number = ref 0 in
  while !number < 2 do
    number := !number lxor 1
  done
