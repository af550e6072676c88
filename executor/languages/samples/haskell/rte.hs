main :: IO ()
main = print (head (filter (> 3) [1, 2, 3 :: Int]))
