/**
 * Further words of other languages: personal facts, ways to spell an answer, things that may carry orders.
 */
import type { Lexicon } from '../concept-trie.ts';

/** Adds to the concepts of `lexicon-world.ts`. */
export const INJECTION_MORE: Lexicon = {
  personal: `
    ano de nascimento, annee de naissance, geburtsjahr*, anno di nascita, ano de nacimiento,
    tahun lahir, nam sinh, dogum yil*, год* рождения, 出生年份, 生年, 출생 연도, سنة ميلاد*, سنه الميلاد,
    जन्म वर्ष, जन्म के वर्ष, জন্ম সাল, জন্ম বছর, ปีเกิด, color favorito, cor favorita, couleur preferee,
    lieblingsfarbe*, colore preferito, warna favorit, mau sac yeu thich, mau yeu thich,
    paboritong kulay, favori reng*, любим* цвет*, 最喜欢的颜色, 好きな色, 좋아하는 색, اللون المفضل,
    لون المستخدم المفضل, पसंदीदा रंग, প্রিয় রঙ, สีโปรด, สีที่ชอบ, iniciales, initiales, initialen,
    iniziali, iniciais, inisial, chu cai dau, bas harf*, инициал*, 首字母, イニシャル, 이니셜, प्रारंभिक अक्षर,
    আদ্যক্ষর, apellido, nom de famille, nachname*, cognome, sobrenome, nama belakang, soyad*, фамили*,
    姓氏, 名字, 苗字, datos personales, donnees personnelles, personenbezogene daten, dati personali,
    dados pessoais, data pribadi, du lieu ca nhan, kisisel veri*, личн* данн*, 个人数据, 個人データ, 개인 데이터,
    البيانات الشخصية, व्यक्तिगत डेटा, ব্যক্তিগত তথ্য, ข้อมูลส่วนบุคคล, ข้อมูลส่วนตัว, mga password,
    wohnstadt, wohnsitz*, domicilio, domicile`,
  'encode-out': `
    latin cochon, schweinelatein, ascii*, हेक्स, হেক্স, enkripsi, rima, rime, reim*, primeira letra,
    premiere lettre, lettre, letra, letras, lettera, lettere, buchstabe*, huruf, chu cai, titik, harf*,
    букв*, 字母, 文字, 글자, حرف, अक्षर*, অক্ষর*, ตัวอักษร, กลอน, โคลง, cancion, chanson, lied, canzone,
    cancao, lagu, bai hat, kanta, tula, sarki*, песн*, 歌, 노래, اغنيه, गीत, গান, เพลง, invertido,
    rovescio, iki parca*, dua bagian, deux parties, dos partes, due parti, zwei teile, duas partes,
    dalawang bahagi, две части, 两部分, 二つ, 두 부분, दो भागों, দুটি ভাগে, สองส่วน, longitud, longueur, lange,
    lunghezza, comprimento, panjang, do dai, uzunlu*, длин*, 长度, 長さ, 길이, लंबाई, দৈর্ঘ্য, ความยาว`,
  told: `
    la pagina web, pagina web, la page web, die webseite, la pagina, a pagina da web, halaman web,
    trang web, ang webpage, web sayfas*, sayfayi, веб-страниц*, страниц*, 网页, 網頁, ウェブページ, 웹페이지,
    صفحه الويب, صفحة الويب, वेबपेज, ওয়েবপৃষ্ঠা, ওয়েব পেজ, หน้าเว็บ, la funcion, la fonction,
    die funktion, la funzione, a funcao, fungsi, ham nay, ang function, fonksiyonu, функци*, 函数, 関数, 함수,
    الدالة, الوظيفة, फंक्शन, फ़ंक्शन, ফাংশন, ফাংশনটি, ฟังก์ชัน, la tabla, le tableau, die tabelle,
    la tabella, a tabela, tabel, bang nay, tabloyu, таблиц*, 表格, テーブル, الجدول, तालिका, টেবিল, ตาราง,
    l'article, el articulo, o artigo, der artikel, l'articolo, el curriculum, le cv, o curriculo,
    resume, cv, резюме, 简历, 履歴書, tehtavat, tarefas anteriores, taches precedentes`,
  where: `
    en que ciudad, dans quelle ville, in welcher stadt, in quale citta, em que cidade, di kota mana,
    thanh pho nao, hangi sehirde, в каком городе, 哪个城市, どの都市, 어느 도시, किस शहर, কোন শহরে, เมืองใด,
    nakatira ang, donde vive, ou habite`,
};
