import TestSupport

/// What chance decides in one simulated life, all of it from one seed.
struct Fortune {
  private var generator: Noise.Generator

  init(seed: UInt64) { generator = Noise.Generator(seed: seed &* 2_654_435_761 &+ 12345) }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &generator) < probability }

  mutating func one<Element>(of elements: [Element]) -> Element {
    elements[number(0...elements.count - 1)]
  }
}
