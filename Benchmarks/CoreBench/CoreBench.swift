import ArgumentParser

/// Measures the bundled inference core beside llama.cpp on the same processors.
@main
struct CoreBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core-bench",
    abstract: "Measures the bundled inference core beside llama.cpp: prompts, generation, first token, memory.",
    subcommands: [Measure.self, Make.self, Serve.self, Burn.self], defaultSubcommand: Measure.self)
}
