function main(
