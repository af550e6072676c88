main :: IO ()
main = print (length (filter (< 0) (cycle [1 :: Int, 2])))
