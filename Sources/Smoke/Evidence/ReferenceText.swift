import Foundation

/// A short text that was never published before, on which it is measured how well a model predicts.
struct ReferenceText: Sendable {
  /// What it is, for a person: `plain English`.
  let name: String
  let text: String

  /// Those that every model reads, the most telling first.
  static let first = [english, story, facts, code]
  /// Those that a model reads which knows none of the first well.
  static let others = [german, french, spanish, russian, chinese]
  static let all = first + others

  /// Plain English that any language model should find easy.
  static let english = ReferenceText(
    name: "plain English",
    text: """
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
      """)

  /// What small models that were trained on nothing but children's stories find easy.
  static let story = ReferenceText(
    name: "a children's story",
    text: """
      Once upon a time, there was a little girl named Anna. Anna had a small red ball. She loved to play with her \
      ball in the park. One day, Anna went to the park with her mom. She saw a big dog. The dog was sad. Anna asked, \
      "Why are you sad?" The dog said, "I lost my bone and I can not find it." Anna wanted to help the dog. She \
      looked under the tree and she looked behind the big rock. Then she saw the bone near the water. "Here is your \
      bone!" said Anna. The dog was very happy. He said, "Thank you, Anna! You are a good friend." Anna and the dog \
      played with the red ball all day. When the sun went down, Anna said goodbye to the dog and went home with her \
      mom. She was very happy because she had a new friend.
      """)

  static let facts = ReferenceText(
    name: "English about the world",
    text: """
      Water covers about seventy percent of the surface of the Earth, and most of it is found in the oceans. When \
      the sun heats the water, some of it evaporates and rises into the air as vapor. High in the atmosphere the \
      vapor cools and condenses into tiny droplets, which form clouds. When the droplets become too heavy, they fall \
      back to the ground as rain or snow. Part of this water flows into rivers and lakes and finally returns to the \
      sea, and part of it sinks into the soil, where it is taken up by the roots of plants. This process is called \
      the water cycle. It has no beginning and no end, and it is powered by the energy of the sun. Without it, there \
      would be no fresh water on land, and therefore no forests, no animals, and no people.
      """)

  static let code = ReferenceText(
    name: "Python code",
    text: """
      import json
      import os


      def read_records(path):
          \"\"\"Read all records from a JSON lines file.\"\"\"
          records = []
          with open(path, "r", encoding="utf-8") as file:
              for line in file:
                  line = line.strip()
                  if not line:
                      continue
                  records.append(json.loads(line))
          return records


      def count_by_key(records, key):
          counts = {}
          for record in records:
              value = record.get(key)
              if value is None:
                  continue
              counts[value] = counts.get(value, 0) + 1
          return counts


      if __name__ == "__main__":
          folder = os.path.dirname(os.path.abspath(__file__))
          records = read_records(os.path.join(folder, "records.jsonl"))
          for value, count in sorted(count_by_key(records, "name").items()):
              print(value, count)
      """)

  static let german = ReferenceText(
    name: "German",
    text: """
      Am Morgen stand der alte Mann am Fenster und sah auf die Straße hinunter. Es hatte die ganze Nacht geregnet, \
      und die Steine glänzten noch in der Sonne. Ein Junge fuhr mit dem Fahrrad vorbei und brachte die Zeitung. Der \
      alte Mann winkte ihm zu, und der Junge winkte zurück, wie er es jeden Tag tat. Dann ging der Mann in die \
      Küche, kochte Kaffee und setzte sich an den Tisch. Er hatte viel Zeit, aber er wusste nicht, was er mit ihr \
      anfangen sollte. Früher hatte er Schiffe gebaut, und jetzt baute er kleine Häuser für die Vögel im Garten.
      """)

  static let french = ReferenceText(
    name: "French",
    text: """
      Le matin, la vieille dame ouvrait la fenêtre et regardait la mer. Il y avait toujours un bateau blanc qui \
      partait vers l'île, avec des gens qui riaient et des enfants qui couraient sur le pont. Elle pensait à son \
      mari, qui avait été pêcheur pendant quarante ans, et qui connaissait chaque rocher de la côte. Après le petit \
      déjeuner, elle descendait au marché pour acheter du pain, des pommes et un peu de fromage. Tout le monde la \
      connaissait et tout le monde lui disait bonjour, parce qu'elle avait été la maîtresse d'école du village.
      """)

  static let spanish = ReferenceText(
    name: "Spanish",
    text: """
      Todas las tardes, después de la escuela, los niños jugaban en la plaza hasta que se hacía de noche. El abuelo \
      se sentaba en un banco y leía el periódico, pero en realidad miraba a los niños y se acordaba de su infancia. \
      En aquel tiempo no había coches en el pueblo, y el agua se sacaba de un pozo que estaba detrás de la iglesia. \
      Su madre le decía que no corriera tanto, porque las calles eran de piedra y era fácil caerse. Ahora todo era \
      diferente, pero las voces de los niños sonaban igual que antes.
      """)

  static let russian = ReferenceText(
    name: "Russian",
    text: """
      Зимой в деревне было тихо. Снег лежал на крышах и на деревьях, и только дым из труб показывал, что в домах \
      живут люди. Утром дети шли в школу через лес и смотрели на следы зверей. Вечером вся семья сидела у печки, \
      бабушка рассказывала старые истории, а дедушка чинил сети, потому что весной он снова хотел ловить рыбу.
      """)

  static let chinese = ReferenceText(
    name: "Chinese",
    text: """
      每天早上，老人都会到公园里散步。公园里有一个小湖，湖边种着很多树。春天的时候，花都开了，孩子们在草地上跑来跑去。\
      老人坐在长椅上，一边喝茶，一边看报纸。他的朋友们也常常来这里，大家一起下棋，一起聊天。到了中午，老人就慢慢地走回家，\
      因为他的孙女放学以后会来吃饭。
      """)

  /// What the model is asked to continue.
  static let prompts = [
    "Once upon a time, in a small village by the sea, there lived", "The most important thing about water is that",
  ]

  /// What the model is asked in its chat template.
  static let question = "What is the capital of France? Answer in one short sentence."

  /// Bits a byte that a reader needs who knows only how often each byte occurs in the text: the baseline that every model
  /// of language beats.
  var unigramBitsPerByte: Double {
    var counts: [UInt8: Int] = [:]
    for byte in text.utf8 { counts[byte, default: 0] += 1 }
    let total = Double(text.utf8.count)
    return counts.values.reduce(0) { sum, count in
      let share = Double(count) / total
      return sum - share * log2(share)
    }
  }
}
