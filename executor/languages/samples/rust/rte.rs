fn main() {
    let words: Vec<String> = std::env::args().collect();
    println!("{}", words[words.len()]);
}
