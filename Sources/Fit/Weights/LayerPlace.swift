/// Where a tensor stands among its kind, as far as llama-quantize asks.
struct LayerPlace: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// In the first or last eighth, or every third of the others: `use_more_bits`.
  static let moreBits = LayerPlace(rawValue: 1)
  static let firstEighth = LayerPlace(rawValue: 2)
  static let firstSixteenth = LayerPlace(rawValue: 4)
  static let firstTwo = LayerPlace(rawValue: 8)
  static let firstFour = LayerPlace(rawValue: 16)
  /// Neither in the first nor in the last eighth.
  static let middle = LayerPlace(rawValue: 32)
  /// In the first eighth by the running number, where the others go by the layer's: mixtures of one and two bits.
  static let earlyInFile = LayerPlace(rawValue: 64)

  /// How many there are.
  static let count = 7

  /// The place of number `index` of `count`, as the layer or the running number has it.
  init(_ index: Int, of count: Int) {
    var place: LayerPlace = []
    let (eighth, end) = (count / 8, 7 * count / 8)
    if index < eighth || index >= end || (index - eighth) % 3 == 2 { place.insert(.moreBits) }
    if index < eighth { place.insert(.firstEighth) }
    if index < count / 16 { place.insert(.firstSixteenth) }
    if index < 2 { place.insert(.firstTwo) }
    if index < 4 { place.insert(.firstFour) }
    if index >= eighth, index < end { place.insert(.middle) }
    self = place
  }
}
