/// The text on which perplexity is measured: plain English that any language model should find easy.
enum ReferenceText {
  static let english = """
    The village lay at the end of the valley, where the road became a path and the path was lost among the \
    trees. In the morning the baker opened his shop before anybody else was awake, and the smell of warm bread \
    went from door to door. The children were the first to follow it. They came with their shoes in their hands, \
    because the grass was still wet, and they asked him every day the same question: how does the bread know \
    when it is done? The baker always gave the same answer. You have to listen to it, he said, and he held a \
    loaf to his ear and knocked on it with one finger, as a doctor knocks on the chest of a patient. When it \
    sounds hollow, it is ready.

    One day in winter the river froze, and the miller could not bring any flour. The people waited in front of \
    the shop, and nobody spoke, because there was nothing to say. Then the oldest of the children remembered that \
    her grandmother kept a sack of rye in the cellar for bad years. They carried it through the snow together, \
    and that evening there was bread again. It was dark and heavy and had a taste of smoke, but everybody agreed \
    that they had never eaten anything better. Since then the village has kept a sack of rye for the winter, and \
    on the shortest day of the year they bake it into small loaves and give them to every house.
    """

  /// What the model is asked to continue.
  static let prompt = "Once upon a time, in a small village by the sea, there lived"

  /// Bits a byte that a reader needs who knows only how often each byte occurs in `text`: the baseline that
  /// every model of language beats.
  static func unigramBitsPerByte(_ text: String) -> Double {
    var counts: [UInt8: Int] = [:]
    for byte in text.utf8 { counts[byte, default: 0] += 1 }
    let total = Double(text.utf8.count)
    return counts.values.reduce(0) { sum, count in
      let share = Double(count) / total
      return sum - share * Binary.logarithm(share)
    }
  }
}
